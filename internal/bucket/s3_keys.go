package bucket

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/webpress/webpress/internal/httpclient"
)

// amazonAudience is what Amazon's token service wants a token to be for.
const amazonAudience = "sts.amazonaws.com"

// hintS3 is how to get in.
const hintS3 = "in CI, set aws-role and give the job an OpenID Connect token; elsewhere set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, such as by `eval \"$(aws configure export-credentials --format env)\"`, or AWS_PROFILE"

// s3Provider hands credentials to minio-go.
type s3Provider struct{ keys *renewable[credentials.Value] }

func (p *s3Provider) Retrieve() (credentials.Value, error) { return p.RetrieveWithCredContext(nil) }

func (p *s3Provider) RetrieveWithCredContext(cc *credentials.CredContext) (credentials.Value, error) {
	ctx := context.Background()
	if cc != nil && cc.Context != nil {
		ctx = cc.Context
	}
	return p.keys.current(ctx)
}

func (p *s3Provider) IsExpired() bool { return p.keys.expired() }

// s3Keys finds the credentials: the setting aws-role, then keys in the environment, then
// a token in a file, then a profile. The instance's own are never asked for.
func s3Keys(a Address, region string, o Options, hide *secrets) (_ *renewable[credentials.Value], again bool, err error) {
	keys := &renewable[credentials.Value]{now: o.Clock.Now}
	role, tokenPath := o.Getenv("AWS_ROLE_ARN"), o.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE")
	id, secret := o.Getenv("AWS_ACCESS_KEY_ID"), o.Getenv("AWS_SECRET_ACCESS_KEY")
	profile, file := o.Getenv("AWS_PROFILE"), o.Getenv("AWS_SHARED_CREDENTIALS_FILE")
	assume := func(role string, token func(ctx context.Context) (string, error)) {
		s := sts{client: tokenClient(o), endpoint: stsEndpoint(a, region, o), role: role, token: token, hide: hide,
			session: cmp.Or(o.Getenv("AWS_ROLE_SESSION_NAME"), "webpress")}
		keys.get = s.assume
		again = true
	}
	switch {
	case o.AWSRole != "" && o.IDToken == nil:
		return nil, false, badCredentials("give the job the permission for it: `id-token: write` at GitHub, `id_tokens` at GitLab",
			"aws-role is set, and the CI gives no token")
	case o.AWSRole != "":
		assume(o.AWSRole, func(ctx context.Context) (string, error) { return identity(ctx, o, amazonAudience) })
	case id != "" && secret != "":
		value := credentials.Value{AccessKeyID: id, SecretAccessKey: secret, SessionToken: o.Getenv("AWS_SESSION_TOKEN"), SignerType: credentials.SignatureV4}
		hide.add(value.AccessKeyID, value.SecretAccessKey, value.SessionToken)
		keys.get = func(context.Context) (credentials.Value, time.Time, error) { return value, time.Time{}, nil }
	case id != "" || secret != "":
		return nil, false, badCredentials("set both", "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set")
	case tokenPath != "" && role != "":
		assume(role, func(context.Context) (string, error) { return tokenFile("AWS_WEB_IDENTITY_TOKEN_FILE", tokenPath) })
	case tokenPath != "":
		return nil, false, badCredentials("set AWS_ROLE_ARN as well", "AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not")
	case profile != "" || file != "":
		again = true
		if file == "" {
			file = filepath.Join(o.Getenv("HOME"), ".aws", "credentials")
		}
		keys.get = func(context.Context) (credentials.Value, time.Time, error) {
			value, err := credentials.NewFileAWSCredentials(file, profile).GetWithContext(nil)
			if err == nil && value.AccessKeyID == "" {
				return value, time.Time{}, noCredentials("check AWS_PROFILE: " + hintS3)
			}
			if err != nil {
				return value, time.Time{}, badCredentials("check AWS_PROFILE and AWS_SHARED_CREDENTIALS_FILE", "read the profile: %w", err)
			}
			hide.add(value.AccessKeyID, value.SecretAccessKey, value.SessionToken)
			return value, value.Expiration, nil
		}
	default:
		return nil, false, noCredentials(hintS3)
	}
	return keys, again, nil
}

// stsEndpoint is the address of the token service. A server with its own endpoint has its
// own, at the same place.
func stsEndpoint(a Address, region string, o Options) string {
	if s := cmp.Or(o.Getenv("AWS_ENDPOINT_URL_STS"), o.Getenv("AWS_ENDPOINT_URL")); s != "" {
		return s
	}
	switch {
	case a.Endpoint != "" && !isAmazon(a.Endpoint):
		return a.Endpoint
	case strings.HasPrefix(region, "cn-"):
		return "https://sts." + region + ".amazonaws.com.cn"
	}
	return "https://sts." + region + ".amazonaws.com"
}

// sts exchanges a token for keys, at AssumeRoleWithWebIdentity.
type sts struct {
	client                  *httpclient.Client
	endpoint, role, session string
	token                   func(ctx context.Context) (string, error)
	hide                    *secrets
}

func (s sts) assume(ctx context.Context) (credentials.Value, time.Time, error) {
	none := credentials.Value{}
	token, err := s.token(ctx)
	if err != nil {
		return none, time.Time{}, err
	}
	s.hide.add(token)
	request := form(strings.TrimRight(s.endpoint, "/")+"/", url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {credentials.STSVersion},
		"RoleArn": {s.role}, "RoleSessionName": {s.session}, "WebIdentityToken": {token},
	})
	request.Header.Set("Accept", "application/xml, text/xml")
	resp, err := s.client.Do(ctx, request)
	if err != nil {
		return none, time.Time{}, s.refused(err)
	}
	var x struct {
		Result struct {
			Credentials struct {
				AccessKeyID     string `xml:"AccessKeyId"`
				SecretAccessKey string
				SessionToken    string
				Expiration      time.Time
			}
		} `xml:"AssumeRoleWithWebIdentityResult"`
	}
	if err := xml.Unmarshal(resp.Body, &x); err != nil || x.Result.Credentials.AccessKeyID == "" {
		return none, time.Time{}, badCredentials("check AWS_ENDPOINT_URL_STS", "the answer of the token service is not one of AssumeRoleWithWebIdentity")
	}
	c := x.Result.Credentials
	s.hide.add(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
	return credentials.Value{
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken, SignerType: credentials.SignatureV4,
	}, c.Expiration, nil
}

// refused explains an answer of the token service.
func (s sts) refused(err error) error {
	refusal, ok := errors.AsType[*httpclient.Error](err)
	if !ok {
		return err
	}
	e := tokenRefused(refusal)
	code, message := parseAnswer(refusal.Body)
	if refusal.Status == 0 || refusal.Status >= 500 || code == "" {
		return e
	}
	e.Code, e.Err = code, fmt.Errorf("assume role %s: %s", s.role, message)
	switch code {
	case "AccessDenied":
		e.Hint = "the trust policy of the role has to allow sts:AssumeRoleWithWebIdentity to the CI's tokens: check its conditions on aud (sts.amazonaws.com) and sub"
	case "InvalidIdentityToken":
		e.Hint = "add the CI as an identity provider in this account, with the audience sts.amazonaws.com"
	case "ExpiredTokenException":
		e.Kind, e.Hint = ErrExpired, hintRenew
	}
	return e
}
