package console

import (
	"bytes"
	"testing"
)

func TestLogInCI(t *testing.T) {
	for _, inCI := range []bool{false, true} {
		var out, err bytes.Buffer
		l := New(Options{Stdout: &out, Stderr: &err, CI: inCI})
		l.Line("done %s", "::set-output name=x::1")
		l.Error("failed")
		l.Hint("fix")
		l.Text("::notice::a\nb\n")
		l.Flush()
		wantOut, wantErr := "done ::set-output name=x::1\n\\::notice::a\nb\n", "webpress: failed\n  hint: fix\n"
		if inCI {
			wantOut, wantErr = "done ::set-output name=x::1\nwebpress: failed\n  hint: fix\n\\::notice::a\nb\n", ""
		}
		if out.String() != wantOut || err.String() != wantErr {
			t.Errorf("in CI %v: out %q, err %q", inCI, out.String(), err.String())
		}
	}
}

func TestQuietLog(t *testing.T) {
	var out, err bytes.Buffer
	l := New(Options{Stdout: &out, Stderr: &err, Quiet: true})
	l.Line("done")
	l.Text("all of it")
	l.Warn("odd")
	l.Hint("of the warning")
	l.Error("bad")
	l.Hint("of the error")
	l.Result("found")
	l.Flush()
	if out.String() != "found\n" || err.String() != "webpress: bad\n  hint: of the error\n" {
		t.Errorf("standard output %q, standard error %q", out.String(), err.String())
	}
}
