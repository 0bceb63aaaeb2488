package fileio

const maxID = 1 << 10 // bytes

func machineID() string {
	for _, path := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
		c, err := readEntry(place{name: path}, maxID)
		if is(err, ClassLoop) {
			c, err = Read(path, maxID) // a link, as some distributions have it
		}
		if err == nil && len(c.Data) > 0 {
			return string(c.Data)
		}
	}
	return ""
}
