package ci

// None is no CI, or one that webpress does not know: a terminal, cron, make.
type None struct {
	getenv func(string) string
	o      Options
}

var _ CI = (*None)(nil)

// Name is empty.
func (n *None) Name() string { return "" }

// Facts has no more than the shard that a job runner sets.
func (n *None) Facts() Facts {
	var f Facts
	f.shard(n.getenv)
	return f
}

// Secrets is empty.
func (n *None) Secrets() Secrets { return Secrets{} }

// Summary does nothing: the text at the end of the log is the summary.
func (n *None) Summary(func(int) string) error { return nil }

// SetOutputs writes them to Options.Dotenv.
func (n *None) SetOutputs(outputs []Output) error { return dotenv(n.o, outputs, 0, n.o.Dotenv) }

// Annotate does nothing: the log names the files.
func (n *None) Annotate([]Annotation) {}

// Group does nothing.
func (n *None) Group(string) func() { return func() {} }

// Mask does nothing.
func (n *None) Mask(string) {}
