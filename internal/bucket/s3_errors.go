package bucket

import (
	"fmt"
	"net/http"
)

// s3Rights are what an operation needs, in the words of a policy.
var s3Rights = map[string]string{"list": "s3:ListBucket", "stat": "s3:GetObject", "read": "s3:GetObject", "write": "s3:PutObject", "delete": "s3:DeleteObject"}

// classify implements driver.
func (s *s3) classify(op operation, a *answer) *Error {
	e := general(op, a)
	switch a.code {
	case "NoSuchBucket":
		*e = Error{Kind: ErrNoBucket, Hint: fmt.Sprintf("create bucket %s, or check its name, endpoint and account", s.address.Bucket)}
	case "InvalidBucketName":
		*e = Error{Kind: ErrNoBucket, Hint: "check the name of the bucket"}
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSecurity", "InvalidClientTokenId", "UnrecognizedClientException":
		*e = Error{Kind: ErrCredentials, Hint: "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that they are those of this endpoint"}
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken":
		*e = Error{Kind: ErrExpired, Hint: hintRenew}
	case "RequestTimeTooSkewed", "RequestExpired":
		e = wrongClock(s.o, a)
	case "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests", "RequestThrottled", "BandwidthLimitExceeded":
		*e = Error{Kind: ErrThrottled, Hint: hintFewer, retry: true}
	case "InternalError", "ServiceUnavailable":
		*e = Error{Kind: ErrUnavailable, Hint: hintLater, retry: true}
	case "RequestTimeout", "IncompleteBody":
		*e = Error{Kind: ErrConnection, Hint: "the connection is too slow or was cut off: run the job again", retry: true}
	case "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch":
		*e = Error{Kind: ErrDigest, Hint: hintDamaged, retry: true}
	case "AccessDenied", "AllAccessDisabled", "AccountProblem":
		*e = *s.forbidden(op)
	default:
		if e.Kind == ErrForbidden {
			e = s.forbidden(op)
		}
	}
	// The region is known from every answer of Amazon's, and may be why a key is not good.
	region := a.region()
	wrong := a.status == http.StatusMovedPermanently || a.status == http.StatusTemporaryRedirect || a.code == "PermanentRedirect" ||
		a.code == "AuthorizationHeaderMalformed" || a.code == "IllegalLocationConstraintException" || a.code == "InvalidRegion"
	s.mu.Lock()
	ours := s.region
	s.mu.Unlock()
	switch {
	case wrong && region != "" && region != ours:
		*e = Error{Kind: ErrRegion, region: region, Err: fmt.Errorf("it is in %s, and was asked for in %s", region, ours), Hint: fmt.Sprintf("set region=%s in the address", region)}
	case wrong && (a.code == "PermanentRedirect" || a.code == "AuthorizationHeaderMalformed" || a.code == "InvalidRegion"):
		*e = Error{Kind: ErrRegion, Hint: "set region= in the address to that of the bucket"}
	}
	return e
}

func (s *s3) forbidden(op operation) *Error {
	right := s3Rights[op.verb]
	e := &Error{Kind: ErrForbidden, Err: fmt.Errorf("%s is missing", right)}
	on := fmt.Sprintf("arn:aws:s3:::%s/%s*", s.address.Bucket, s.address.Prefix)
	if op.verb == "list" {
		on = "arn:aws:s3:::" + s.address.Bucket
	}
	e.Hint = fmt.Sprintf("allow %s on %s to these credentials", right, on)
	if op.verb == "stat" || op.verb == "read" {
		e.Hint += "; without s3:ListBucket, an object that does not exist is refused like this as well"
	}
	return e
}
