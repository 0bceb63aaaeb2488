package fileio

import "golang.org/x/sys/unix"

func mtime(st *unix.Stat_t) int64 { return st.Mtim.Nano() }
func ctime(st *unix.Stat_t) int64 { return st.Ctim.Nano() }

// oNoAtime: each save lists the folder, and noting when that was makes the fsync that follows a quarter slower on ext4.
const oNoAtime = unix.O_NOATIME

// Magic numbers of file systems whose stamps are coarse or come from another machine's clock (statfs(2)).
const (
	nfsMagic   = 0x6969
	smbMagic   = 0x517B
	cifsMagic  = 0xFF534D42
	smb2Magic  = 0xFE534D42
	fuseMagic  = 0x65735546
	fatMagic   = 0x4D44
	exfatMagic = 0x2011BAB0
	plan9Magic = 0x01021997
	cephMagic  = 0x00C36400
	afsMagic   = 0x5346414F
)

// coarseStamps reports whether the file system's times can't tell apart two changes within two seconds.
func coarseStamps(h *handle) bool {
	var st unix.Statfs_t
	if unix.Fstatfs(h.fd, &st) != nil {
		return true
	}
	switch uint32(st.Type) {
	case nfsMagic, smbMagic, cifsMagic, smb2Magic, fuseMagic, fatMagic, exfatMagic, plan9Magic, cephMagic, afsMagic:
		return true
	}
	return false
}
