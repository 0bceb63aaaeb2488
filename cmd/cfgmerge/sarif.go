package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/cfgmerge/cfgmerge"
)

// asSARIF is the format of check for code scanning services: the Static
// Analysis Results Interchange Format, an OASIS standard. The names of the types
// below, and the sections in their comments, are those of its version 2.1.0.
const asSARIF format = "sarif"

const (
	sarifVersion = "2.1.0"
	sarifSchema  = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

// sarifRun is section 3.14.
type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	ColumnKind  string            `json:"columnKind"`
	Results     []sarifResult     `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version"`
	Rules   []sarifRule `json:"rules"`
}

// sarifRule is a reportingDescriptor, section 3.49.
type sarifRule struct {
	ID               string       `json:"id"`
	ShortDescription sarifMessage `json:"shortDescription"`
	FullDescription  sarifMessage `json:"fullDescription"`
	Help             sarifMessage `json:"help"`
	Default          sarifDefault `json:"defaultConfiguration"`
}

type sarifDefault struct {
	Level string `json:"level"`
}

type sarifMessage struct {
	Text string `json:"text"`
}

// sarifInvocation says whether everything could be looked at, section 3.20.
type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Level   string       `json:"level"`
	Message sarifMessage `json:"message"`
}

// sarifResult is section 3.27.
type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	RuleIndex int             `json:"ruleIndex"`
	Level     string          `json:"level"`
	Message   sarifMessage    `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
}

type sarifLogical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
}

// sarifOf renders what check has found.
func sarifOf(r checked) sarifLog {
	codes := cfgmerge.FindingCodes()
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: programName, Version: version(), Rules: make([]sarifRule, len(codes))}},
		Invocations: []sarifInvocation{sarifInvocationOf(r.failed)},
		ColumnKind:  "unicodeCodePoints",
		Results:     make([]sarifResult, len(r.findings)),
	}
	index := map[string]int{}
	for i, c := range codes {
		index[c.Code], run.Tool.Driver.Rules[i] = i, sarifRuleOf(c)
	}
	for i, f := range r.findings {
		run.Results[i] = sarifResultOf(f, index[f.Code])
	}
	return sarifLog{sarifSchema, sarifVersion, []sarifRun{run}}
}

func sarifInvocationOf(failed error) sarifInvocation {
	if failed == nil {
		return sarifInvocation{Successful: true}
	}
	return sarifInvocation{Notifications: []sarifNotification{{"error", sarifText(failed.Error())}}}
}

func sarifRuleOf(c cfgmerge.FindingCode) sarifRule {
	return sarifRule{c.Code, sarifText(c.Message), sarifText(c.Message), sarifText(c.Hint), sarifDefault{string(c.Severity)}}
}

func sarifResultOf(f cfgmerge.Finding, rule int) sarifResult {
	location := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{sarifURI(f.File)}}}
	if f.Line > 0 {
		location.Physical.Region = &sarifRegion{f.Line, max(f.Character, 1)}
	}
	if f.Field != "" {
		location.Logical = []sarifLogical{{printable(f.Field)}}
	}
	message := f.Message
	if f.Hint != "" {
		message += "\nhint: " + f.Hint
	}
	return sarifResult{f.Code, rule, string(f.Severity), sarifText(message), []sarifLocation{location}}
}

// sarifText escapes what a message string would obey: placeholders (section
// 3.11.5) and links (3.11.6).
func sarifText(s string) sarifMessage {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	escaped := strings.NewReplacer("{", "{{", "}", "}}").Replace(strings.Join(lines, "\n"))
	if strings.Contains(escaped, "](") {
		escaped = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`).Replace(escaped)
	}
	return sarifMessage{escaped}
}

// sarifURI is the path as a relative reference where the file lies below the
// working directory, as services want it, and else as a file URI.
func sarifURI(path string) string {
	slashed := filepath.ToSlash(filepath.Clean(path))
	here, err := os.Getwd()
	if err != nil {
		return (&url.URL{Path: slashed}).String()
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(here, path)
	}
	if below, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(below) {
		return (&url.URL{Path: filepath.ToSlash(below)}).String()
	}
	absolute := filepath.ToSlash(path)
	if !strings.HasPrefix(absolute, "/") {
		absolute = "/" + absolute // C:/dir
	}
	return (&url.URL{Scheme: "file", Path: absolute}).String()
}
