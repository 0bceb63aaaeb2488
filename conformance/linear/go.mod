module github.com/cfgmerge/cfgmerge/conformance/linear

go 1.26.0

require (
	github.com/anishathalye/porcupine v1.3.1
	github.com/cfgmerge/cfgmerge v0.0.0
	golang.org/x/sys v0.49.0
)

require (
	github.com/fsnotify/fsnotify v1.10.1 // indirect
	github.com/gofrs/flock v0.13.1 // indirect
	github.com/google/renameio/v2 v2.0.2 // indirect
	github.com/tidwall/gjson v1.20.0 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.0 // indirect
	github.com/tidwall/sjson v1.2.5 // indirect
)

replace github.com/cfgmerge/cfgmerge => ../..
