//go:build !unix

package refresh

import "errors"

func execRole([]string) error { return errors.ErrUnsupported }

func programRole([]string) error { return errors.ErrUnsupported }
