package keyringx

import (
	"context"
	"errors"
	"strings"

	"github.com/zalando/go-keyring"

	"github.com/cfgmerge/cfgmerge/refresh"
)

// The decisions of Auto.
const (
	inKeyring = "keyring"
	inFile    = "file"
)

// Auto returns the keyring's item if this system has a keyring, else the file.
// That is decided once, by whoever comes first, and recorded beside the file: a
// session without a desktop would else not find the token that a terminal on
// the desktop has stored, and log in a second time. kept says what was decided.
//
// The errors are those of the file's state folder.
func Auto(ctx context.Context, item *Store, file refresh.Store) (store refresh.Store, kept string, err error) {
	folder, err := file.Folder(true)
	if err != nil {
		return nil, "", err
	}
	defer folder.Close()
	guard, err := folder.Acquire(ctx, recordName+".lock")
	if err != nil {
		return nil, "", err
	}
	defer guard.Unlock()
	record, err := folder.ReadFile(recordName, 64)
	if err != nil {
		return nil, "", err
	}
	kept = strings.TrimSpace(string(record))
	if kept != inKeyring && kept != inFile {
		kept = probe(item)
		if err := folder.WriteFile(recordName, []byte(kept+"\n")); err != nil {
			return nil, "", err
		}
	}
	if kept == inKeyring {
		return item, kept, nil
	}
	return file, kept, nil
}

// recordName is the file of the state folder that holds the decision.
const recordName = "token-store"

// probe asks whether there is a keyring that answers.
func probe(item *Store) string {
	_, err := keyring.Get(item.service, item.account)
	if err == nil || errors.Is(err, keyring.ErrNotFound) {
		return inKeyring
	}
	return inFile
}
