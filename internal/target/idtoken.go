package target

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/httpclient"
)

// IDToken returns an OpenID Connect token of the CI's for an audience, by which a cloud knows the job.
// GitHub issues one for each request; GitLab has issued one, for the audience that the job names.
func (a Access) IDToken(ctx context.Context, audience string) (string, error) {
	s := a.Secrets
	switch {
	case s.IDToken != "":
		return s.IDToken, nil
	case s.IDTokenURL == "" || s.IDTokenBearer == "":
		hint := "on GitHub, give the job `permissions: id-token: write`; on GitLab, `id_tokens: GITLAB_OIDC_TOKEN: aud: " + audience + "`"
		return "", &asset.HintError{What: "get an identity token", Why: errors.New("the CI gives this job none"), Hint: hint}
	}
	u, err := url.Parse(s.IDTokenURL)
	if err != nil {
		return "", &asset.HintError{What: "get an identity token", Why: errors.New("ACTIONS_ID_TOKEN_REQUEST_URL is not a URL")}
	}
	query := u.Query()
	query.Set("audience", audience)
	u.RawQuery = query.Encode()
	var answer struct {
		Value string `json:"value"`
	}
	_, err = a.HTTP.JSON(ctx, httpclient.Request{
		URL: u.String(), Header: http.Header{"Authorization": {"Bearer " + s.IDTokenBearer}, "Accept": {"application/json"}},
	}, nil, &answer)
	if err == nil && answer.Value == "" {
		err = errors.New("the answer has no token")
	}
	if err != nil {
		return "", &asset.HintError{What: "get an identity token", Why: err}
	}
	a.CI.Mask(answer.Value)
	return answer.Value, nil
}
