//go:build unix && !linux

package fileio

import "os"

// The ACLs and attributes of these systems have no common interface; mode and owner are kept.

func copyAttributes(*os.File, string) (acl bool, err error) { return false, nil }

func hasACL(string) bool { return false }

func dropInheritedACL(string) error { return nil }
