package fileio

import (
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// The layout of a slot file, integers little-endian: magic 8, sequence number 8, digest of the main file 32, host 16,
// payload length 8, CRC-32C of the payload 4, CRC-32C of the 76 bytes before 4, commit mark 1, zeros 7; then the
// payload, then zeros.
const (
	slotMagic  = "cfgmsh1\n"
	headerSize = 88
	sumOffset  = 76
	markOffset = 80
	markSet    = 1
	slotUnit   = 4096 // files grow in these steps, so that most saves change no file's size
	copyBelow  = 64 << 10
)

// head is the decoded header of a slot file.
type head struct {
	valid     bool // header and payload are as they were written
	seq       uint64
	describes Digest
	host      hostID
	committed bool   // the mark is set; it is no part of the checksum, because it is set later
	length    uint64 // of the payload
	used      int64  // bytes of the file that may differ from zero
}

// decodeSlot returns the zero-valid head for anything that was not written completely.
func decodeSlot(file []byte) (head, []byte) {
	torn := head{used: int64(len(file))}
	h := decodeHeader(file)
	if !h.valid || h.length > uint64(len(file)-headerSize) {
		return torn, nil
	}
	payload := file[headerSize : headerSize+int(h.length)]
	if crc(payload) != binary.LittleEndian.Uint32(file[72:]) {
		return torn, nil
	}
	h.used = headerSize + int64(h.length)
	return h, payload
}

// decodeHeader returns a head that says nothing of the payload but its length.
func decodeHeader(file []byte) head {
	if len(file) < headerSize || string(file[:8]) != slotMagic {
		return head{}
	}
	if crc(file[:sumOffset]) != binary.LittleEndian.Uint32(file[sumOffset:]) {
		return head{}
	}
	h := head{valid: true, seq: binary.LittleEndian.Uint64(file[8:]), length: binary.LittleEndian.Uint64(file[64:])}
	copy(h.describes[:], file[16:])
	copy(h.host[:], file[48:])
	h.committed = file[markOffset] == markSet
	return h
}

// encodeHeader writes the header for the payload into raw.
func encodeHeader(raw []byte, h head, payload []byte) {
	copy(raw, slotMagic)
	binary.LittleEndian.PutUint64(raw[8:], h.seq)
	copy(raw[16:], h.describes[:])
	copy(raw[48:], h.host[:])
	binary.LittleEndian.PutUint64(raw[64:], uint64(len(payload)))
	binary.LittleEndian.PutUint32(raw[72:], crc(payload))
	binary.LittleEndian.PutUint32(raw[sumOffset:], crc(raw[:sumOffset]))
}

// slotParts makes the bytes of the file, with zeros over everything up to erase that an older payload may have left. A
// small file is one part, to be written at once; a large payload is not copied.
func slotParts(h head, payload []byte, erase int64) [][]byte {
	used := int64(headerSize + len(payload))
	size := (max(used, erase) + slotUnit - 1) / slotUnit * slotUnit
	if size <= copyBelow {
		file := make([]byte, size)
		encodeHeader(file, h, payload)
		copy(file[headerSize:], payload)
		return [][]byte{file}
	}
	header := make([]byte, headerSize)
	encodeHeader(header, h, payload)
	return [][]byte{header, payload, make([]byte, size-used)}
}

func crc(data []byte) uint32 { return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)) }

// isVoid recognises a slot whose save has failed: without its magic, and otherwise as it was written.
func isVoid(file []byte) bool {
	if len(file) < headerSize || strings.Trim(string(file[:len(slotMagic)]), "\x00") != "" {
		return false
	}
	whole := append([]byte(slotMagic), file[len(slotMagic):]...)
	h, _ := decodeSlot(whole)
	return h.valid
}
