package app

import (
	"context"

	"webpress/internal/report"
)

func (r *run) checkBudgets(ctx context.Context, in *report.Input) error { return nil }
