package fileio

import "os"

// ReplaceFile carries over the ACL and the attributes of the replaced file by itself.

func dressLike(*os.File, Info, string, Info, bool, bool) error { return nil }

func hasACL(string) bool { return false }

func dropInheritedACL(string) error { return nil }
