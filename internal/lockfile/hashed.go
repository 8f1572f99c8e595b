package lockfile

import (
	"slices"

	"github.com/webpress/webpress/internal/asset"
)

// resolve gives those jobs whose output has digits of its content in its name the path that
// it has, where the lock file has it of the same content by the same recipe.
func (s *splitter) resolve(jobs []asset.Job) []asset.Job {
	if !slices.ContainsFunc(jobs, asset.Job.Hashed) {
		return jobs
	}
	jobs = slices.Clone(jobs)
	for i, j := range jobs {
		if !j.Hashed() {
			continue
		}
		for _, e := range s.of(j) {
			if name, ok := s.below(e.Output.Path); ok && name != "" && e.HasFile() && e.Blob == j.Source.Blob && e.Recipe == s.digest(j.Recipe) {
				jobs[i].Output = name
			}
		}
	}
	return jobs
}

// older finds the entries of older contents of the output of a job that is done, as a merge
// may leave them; now is the job with its path.
func (s *splitter) older(j, now asset.Job) {
	for _, e := range s.of(j) {
		if e.Output.Path != s.at(now.Output) {
			s.gone = append(s.gone, e)
			s.stale = append(s.stale, e)
		}
	}
}
