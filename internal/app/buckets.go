package app

import (
	"context"

	"github.com/webpress/webpress/internal/bucket"
)

// openBucket opens the bucket at an address, with the credentials of the environment or the identity
// token of the CI.
func (r *run) openBucket(ctx context.Context, address string) (bucket.Bucket, error) {
	a, err := bucket.Parse(address)
	if err != nil {
		return nil, err
	}
	s := r.settings
	return bucket.Open(ctx, a, bucket.Options{
		Getenv: r.Getenv, Retries: s.Retries, UserAgent: "webpress/" + r.Version, Logf: r.log.Line,
		AWSRole: s.AwsRole, GCPWorkloadIdentityProvider: s.GcpWorkloadIdentityProvider, GCPServiceAccount: s.GcpServiceAccount,
		AzureClientID: s.AzureClientID, AzureTenantID: s.AzureTenantID,
		IDToken: r.access().IDToken,
	})
}
