package fileio

import (
	"crypto/sha256"
	"encoding/hex"
)

// Digest is the SHA-256 of a file's bytes. The zero value stands for a file that does not exist.
type Digest [sha256.Size]byte

// Sum returns the digest of data.
func Sum(data []byte) Digest { return sha256.Sum256(data) }

// String returns 64 hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// tag is the part of the digest that file names carry: 128 bits tell apart any two versions of a file.
func (d Digest) tag() string { return hex.EncodeToString(d[:16]) }
