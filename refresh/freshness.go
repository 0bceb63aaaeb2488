package refresh

import "time"

const (
	mostSkew = time.Minute
	mostHold = 30 * time.Second
)

// lifetime is how long the access token was good for when it was stored; ok is
// false if that is not known.
func (s Stored) lifetime() (d time.Duration, ok bool) {
	if s.Expiry.IsZero() || s.Written.IsZero() {
		return 0, false
	}
	return s.Expiry.Sub(s.Written), true
}

// skew is how long before its expiry an access token is no longer given out:
// a minute, or a tenth of its lifetime.
func (s Stored) skew() time.Duration {
	life, ok := s.lifetime()
	if !ok {
		return mostSkew
	}
	return max(0, min(mostSkew, life/10))
}

// fresh reports whether the access token can be given out.
func (s Stored) fresh(now time.Time) bool {
	return s.Access != "" && (s.Expiry.IsZero() || now.Before(s.Expiry.Add(-s.skew())))
}

// valid reports whether the access token has not expired yet.
func (s Stored) valid(now time.Time) bool {
	return s.Access != "" && (s.Expiry.IsZero() || now.Before(s.Expiry))
}

// held reports whether the token was refreshed so recently that its expiry is
// no reason to do so again. Otherwise a server whose tokens seem to have
// expired already, because a clock is wrong, would be asked at every call.
func (s Stored) held(now time.Time) bool {
	if s.Generation == 0 || s.Written.IsZero() || s.Access == "" {
		return false
	}
	hold := mostHold
	if life, ok := s.lifetime(); ok && life > 0 {
		hold = min(hold, life/2)
	}
	age := now.Sub(s.Written)
	return age >= 0 && age < hold
}
