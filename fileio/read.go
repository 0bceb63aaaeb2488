package fileio

import "io/fs"

// Info is what the system says of a file. Two equal values mean that nothing has touched it, to the resolution of the
// file system's clock.
type Info struct {
	Size   int64       // bytes
	Mtime  int64       // last change of the bytes, nanoseconds since 1970
	Ctime  int64       // last change of bytes or attributes, nanoseconds since 1970; 0 on Windows
	Inode  uint64      // the file's number within Device
	Device uint64      // the file system
	Mode   fs.FileMode // type and permission bits
	UID    uint32      // owner; 0 on Windows
	GID    uint32      // group; 0 on Windows
	Links  uint64      // number of hard links
}

// Same reports whether both describe one file, whatever its contents.
func (i Info) Same(j Info) bool { return i.Inode == j.Inode && i.Device == j.Device }

// Content is a file as it was read. The zero value is a file that does not exist.
type Content struct {
	Data   []byte
	Exists bool
	Info   Info
	Digest Digest // of Data; zero if the file does not exist
}

// Read returns the bytes of the file at path, following symbolic links. A missing file is no error. Directories,
// devices, FIFOs and files of more than maxSize bytes (0 means 64 MiB) are refused before they can block or exhaust
// memory. It takes no lock. The error is a *FileError.
func Read(path string, maxSize int64) (Content, error) {
	resolved, err := Resolve(path)
	if err != nil {
		return Content{}, err
	}
	if maxSize == 0 {
		maxSize = defaultMaxSize
	}
	c, err := readEntry(place{name: resolved}, maxSize)
	return c.summed(), err
}

// ContentOf is the Content that a file with these bytes will have.
func ContentOf(data []byte) Content { return Content{Data: data, Exists: true}.summed() }

// summed fills in the digest, which costs more than reading does and is left out where nobody asks for it.
func (c Content) summed() Content {
	if c.Exists {
		c.Digest = Sum(c.Data)
	}
	return c
}

// readEntry reads the file at p, which must not be a symbolic link. Its digest is left out.
func readEntry(p place, maxSize int64) (Content, error) {
	h, err := openHandle(p)
	if is(err, ClassMissing) {
		return Content{}, nil
	}
	if err != nil {
		return Content{}, err
	}
	defer h.Close()
	return h.content(maxSize)
}

func (h *handle) content(maxSize int64) (Content, error) {
	info, err := h.info()
	if err != nil {
		return Content{}, fail("stat", h.at.path(), err)
	}
	if err := admit(h.at, info, maxSize); err != nil {
		return Content{}, err
	}
	data, err := h.readAll(info.Size, maxSize)
	if err != nil {
		return Content{}, err
	}
	return Content{Data: data, Exists: true, Info: info}, nil
}

func admit(p place, info Info, maxSize int64) error {
	switch {
	case !info.Mode.IsRegular():
		return &FileError{Op: "open", Path: p.path(), Class: ClassNotRegular}
	case info.Size > maxSize:
		return &FileError{Op: "open", Path: p.path(), Class: ClassTooLarge}
	}
	return nil
}

// readAll reads to the end. One byte more than the size is asked for, so that an unchanged file costs one call and a
// growing one is noticed.
func (h *handle) readAll(size, maxSize int64) ([]byte, error) {
	data := make([]byte, 0, size+1)
	for {
		n, err := h.readAt(data[len(data):cap(data)], int64(len(data)))
		data = data[:len(data)+n]
		switch {
		case err != nil:
			return nil, fail("read", h.at.path(), err)
		case int64(len(data)) > maxSize:
			return nil, &FileError{Op: "read", Path: h.at.path(), Class: ClassTooLarge}
		case n == 0, int64(len(data)) == size:
			return data, nil
		}
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
	}
}
