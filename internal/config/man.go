package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// dated is the time that the manual page is of: SOURCE_DATE_EPOCH, in seconds since 1970
// (https://reproducible-builds.org/specs/source-date-epoch/), or else that of the commit
// that webpress was built from. If neither is known it is zero: today's date would make
// another page every day.
func (h Env) dated() time.Time {
	for _, e := range h.Environ {
		if text, ok := strings.CutPrefix(e, "SOURCE_DATE_EPOCH="); ok {
			if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && seconds >= 0 {
				return time.Unix(seconds, 0).UTC()
			}
		}
	}
	return h.Committed.UTC()
}

// manual is the manual page in mdoc, which groff and mandoc read. A zero date is left out.
func manual(version string, date time.Time) string {
	p := &page{}
	if date.IsZero() {
		p.macro(".Dd")
	} else {
		p.macro(".Dd " + date.Format("January 2, 2006"))
	}
	p.macro(".Dt WEBPRESS 1")
	p.macro(".Os")
	p.macro(".Sh NAME")
	p.macro(".Nm webpress")
	p.macro(".Nd convert the images of a repository to WebP")
	p.macro(".Sh SYNOPSIS")
	p.macro(".Nm\n.Op Ar command\n.Op Ar path ...\n.Op Ar flags")
	p.macro(".Sh DESCRIPTION")
	p.text(description)
	p.macro(".Pp")
	p.text("Results are written beside their sources, and webpress.lock records them. A source whose content, settings and result agree is not converted again.")
	p.macro(".Pp")
	p.text("This page is about webpress " + version + ".")
	p.macro(".Sh COMMANDS\n.Bl -tag -width Ds")
	for _, c := range commands() {
		item := ".It Cm " + c.name
		for _, a := range c.args {
			if strings.HasPrefix(a.usage, "[") {
				item += " Op Ar " + strings.ToLower(strings.Trim(a.usage, "[]"))
			} else {
				item += " Ar " + strings.ToLower(a.usage)
			}
		}
		p.macro(item)
		p.text(strings.ReplaceAll(c.help, noBreak, " "))
	}
	p.macro(".El\n.Pp")
	p.text(aboutCommands)
	p.macro(".Sh OPTIONS")
	p.text(aboutSettings)
	for _, g := range Groups {
		p.macro(".Ss " + g.Title + "\n.Bl -tag -width Ds")
		for _, s := range table {
			if s.Group == g.Key {
				p.flag(s, s.described())
			}
		}
		if g == Groups[len(Groups)-1] {
			for _, f := range otherFlags("") {
				p.flag(f, f.Help)
			}
		}
		p.macro(".El")
	}
	p.macro(".Sh ENVIRONMENT")
	p.text("Every setting can be a variable: its name in capitals, with underscores, after WEBPRESS_ or PLUGIN_. Besides, NO_COLOR, CLICOLOR_FORCE and FORCE_COLOR are for colors, and a token is taken from what the CI sets.")
	p.macro(".Sh FILES\n.Bl -tag -width Ds\n.It Pa webpress.yml , .webpress.yml")
	p.text("The settings, with rules for some of the files and budgets.")
	p.macro(".It Pa webpress.lock")
	p.text("What was converted, with which settings. Commit it.")
	p.macro(".El\n.Sh EXIT STATUS\n.Bl -tag -width Ds")
	for _, code := range exitCodes {
		p.macro(".It " + code[0])
		p.text(code[1])
	}
	p.macro(".El\n.Sh EXAMPLES")
	for i, line := range strings.Split(strings.TrimSpace(examples), "\n") {
		if i > 0 {
			p.macro(".Pp")
		}
		p.macro(".Dl " + roff(strings.TrimSpace(line)))
	}
	p.macro(".Sh SEE ALSO\n.Xr cwebp 1 ,\n.Xr git 1")
	return p.String()
}

// A page is a manual page that is being written.
type page struct{ strings.Builder }

// macro writes lines of macros.
func (p *page) macro(lines string) { p.WriteString(lines + "\n") }

// text writes sentences, each on lines of its own, as roff wants them.
func (p *page) text(s string) {
	for sentence := range strings.SplitSeq(s, ". ") {
		sentence = strings.TrimSuffix(sentence, ".")
		if !strings.HasSuffix(sentence, "]") {
			sentence += "."
		}
		var b strings.Builder
		wrap(&b, sentence, 0, 60)
		for line := range strings.Lines(b.String()) {
			if line = roff(line); strings.HasPrefix(line, ".") || strings.HasPrefix(line, `\(aq`) {
				line = `\&` + line
			}
			p.WriteString(line)
		}
	}
}

// flag writes the entry of a flag.
func (p *page) flag(s Setting, text string) {
	item := ".It"
	if s.short != "" {
		item += " Fl " + s.short + " ,"
	}
	switch {
	case s.Kind == Switch && s.Default == "true":
		item += fmt.Sprintf(" Fl %s , Fl %s", roff("-"+s.Name), roff("-no-"+s.Name))
	case s.Kind == Switch:
		item += " Fl " + roff("-"+s.Name)
	case s.alone:
		item += fmt.Sprintf(" Fl %s Ns Op = Ns Ar %s", roff("-"+s.Name), strings.ToLower(s.placeholder))
	default:
		item += fmt.Sprintf(" Fl %s Ns = Ns Ar %s", roff("-"+s.Name), strings.ToLower(s.placeholder))
	}
	p.macro(item)
	p.text(text)
}

// roff writes text so that roff shows it as it is.
func roff(s string) string {
	return strings.NewReplacer(`\`, `\e`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, "-", `\-`).Replace(s)
}
