package serve

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/webpress/webpress/internal/tree"
)

// inFile is the n-th file, from 0, that was uploaded for the job in a folder.
func inFile(dir string, n int) string { return filepath.Join(dir, inPrefix+strconv.Itoa(n+1)) }

// outFile is the output with an ID of the job in a folder.
func outFile(dir, id string) string { return filepath.Join(dir, outPrefix+id) }

// flush flushes a file, or the names in a folder, to the disk, so that they outlive a power cut.
func flush(path string) error {
	flag := os.O_RDWR // which Windows needs for that
	if info, err := os.Stat(path); err != nil {
		return err
	} else if info.IsDir() {
		if flag = os.O_RDONLY; runtime.GOOS == "windows" { // which has no such call
			return nil
		}
	}
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// replaceFile writes a file that its owner alone can read, by a rename, and flushes it to the
// disk, so that it also outlives a power cut.
func replaceFile(dir, name string, data []byte) (err error) {
	f, err := os.CreateTemp(dir, tree.TempPrefix+"*"+tree.TempSuffix)
	if err != nil {
		return fmt.Errorf("write %q: %w", filepath.Join(dir, name), tree.Cause(err))
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
			err = fmt.Errorf("write %q: %w", filepath.Join(dir, name), tree.Cause(err))
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), filepath.Join(dir, name)); err == nil {
		err = flush(dir)
	}
	return err
}
