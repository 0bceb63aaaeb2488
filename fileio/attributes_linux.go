package fileio

import (
	"errors"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	accessACL  = "system.posix_acl_access"
	defaultACL = "system.posix_acl_default"
)

// copyAttributes makes the extended attributes of the new file those of the old path, and reports whether an ACL is
// among them. An ACL that the new file inherited from its directory goes. Labels of security modules are best effort:
// the system may know better.
func copyAttributes(file *os.File, oldPath string) (acl bool, err error) {
	fd := int(file.Fd())
	want, err := attributeNames(func(p []byte) (int, error) { return unix.Llistxattr(oldPath, p) })
	if err != nil {
		return false, err
	}
	have, err := attributeNames(func(p []byte) (int, error) { return unix.Flistxattr(fd, p) })
	if err != nil {
		return false, err
	}
	acl = slices.Contains(want, accessACL)
	if slices.Contains(have, accessACL) && !acl {
		if err := unix.Fremovexattr(fd, accessACL); err != nil {
			return false, err
		}
	}
	for _, name := range want {
		if err := copyAttribute(fd, oldPath, name); err != nil && !strings.HasPrefix(name, "security.") {
			return false, err
		}
	}
	return acl, nil
}

func copyAttribute(fd int, oldPath, name string) error {
	value, err := grow(func(p []byte) (int, error) { return unix.Lgetxattr(oldPath, name, p) })
	if errors.Is(err, unix.ENODATA) {
		return nil // removed meanwhile
	}
	if err != nil {
		return err
	}
	return unix.Fsetxattr(fd, name, value, 0)
}

// attributeNames is empty where the file system has no attributes.
func attributeNames(list func([]byte) (int, error)) ([]string, error) {
	raw, err := grow(list)
	if isUnsupported(err) || errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	if err != nil || len(raw) == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(raw), "\x00"), "\x00"), nil
}

// grow calls get with larger buffers until the result fits; one call is enough for most.
func grow(get func([]byte) (int, error)) ([]byte, error) {
	for size := 256; ; size *= 4 {
		buf := make([]byte, size)
		n, err := get(buf)
		switch {
		case err == nil:
			return buf[:n], nil
		case !errors.Is(err, unix.ERANGE):
			return nil, err
		}
	}
}

// hasACL reports whether the mode's group bits are an ACL's mask.
func hasACL(path string) bool {
	_, err := unix.Lgetxattr(path, accessACL, nil)
	return err == nil
}

// dropInheritedACL makes a new directory's mode mean what it says, for itself and for what is created in it.
func dropInheritedACL(path string) error {
	for _, name := range []string{accessACL, defaultACL} {
		err := unix.Lremovexattr(path, name)
		if err != nil && !errors.Is(err, unix.ENODATA) && !isUnsupported(err) {
			return err
		}
	}
	return nil
}
