package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// head says when, where, what and how.
func (b bench) head(ctx context.Context) string {
	s := fmt.Sprintf("%s, %d processors", time.Now().Format("2006-01-02"), b.procs)
	if model := field("/proc/cpuinfo", "model name"); model != "" {
		s += " (" + model + ")"
	}
	if kb, err := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 10, 64); err == nil {
		s += fmt.Sprintf(", %.0f GB of memory", float64(kb)/1e6)
	}
	s += fmt.Sprintf(", %s/%s. Quality %d, effort %d, %d runs in turns; medians.\n", runtime.GOOS, runtime.GOARCH, quality, effort, b.runs)
	s += "\nMade by `" + strings.Join(append([]string{"go run ./bench"}, os.Args[1:]...), " ") + "`. "
	s += "CPU and peak memory are those of all processes together, in a run of its own for the memory; beside no peer, the memory is that of the largest process.\n\n"
	return s + strings.Join(versions(ctx, b.options), "; ") + ".\n"
}

// field returns the value of the first "name : value" line of a file, or
// nothing.
func field(path, name string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// versions returns the version of each program.
func versions(ctx context.Context, o options) []string {
	var all []string
	ask := func(name string, argv ...string) {
		out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).Output()
		if err != nil {
			return
		}
		line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		if !strings.HasPrefix(strings.ToLower(line), strings.ToLower(name)) {
			line = name + " " + line
		}
		all = append(all, line)
	}
	ask("webpress", o.webpress, "--version")
	var sharp struct{ Version string }
	if data, err := os.ReadFile(filepath.Join(sharpFolder(o.cache), "package.json")); err == nil && json.Unmarshal(data, &sharp) == nil {
		ask("sharp "+sharp.Version+" on Node", "node", "--version")
	}
	ask("vips", "vips", "--version")
	ask("cwebp", "cwebp", "-version")
	ask("ImageMagick", "sh", "-c", `mogrify -version | sed 's/^Version: //; s/ Q[0-9].*//'`)
	return all
}

// libraries says which libheif webpress and vips load: only with the same one
// do they do the same work.
func libraries(ctx context.Context, w work) []string {
	places := map[string][]string{"webpress": {w.program}}
	if path, err := exec.LookPath("vipsthumbnail"); err == nil {
		modules, err := filepath.Glob("/usr/lib/*/vips-modules-*/vips-heif.so")
		if err == nil {
			places["vips"] = append(modules, path)
		}
	}
	loads := func(name string) string {
		for _, file := range places[name] {
			out, err := exec.CommandContext(ctx, "ldd", file).Output()
			if err != nil {
				continue
			}
			for line := range strings.Lines(string(out)) {
				if _, path, ok := strings.Cut(line, "=> "); ok && strings.Contains(line, "libheif.so") {
					path, _, _ = strings.Cut(path, " (")
					if real, err := filepath.EvalSymlinks(path); err == nil {
						return real
					}
				}
			}
		}
		return ""
	}
	own, vips := loads("webpress"), loads("vips")
	if own == "" || vips == "" {
		return nil
	}
	if own == vips {
		return []string{"webpress and vips load the same libheif, " + filepath.Base(own) + "."}
	}
	return []string{fmt.Sprintf("Not the same libheif: webpress loads %s, vips %s.", own, vips)}
}
