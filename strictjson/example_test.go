package strictjson_test

import (
	"errors"
	"fmt"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

func ExampleApply() {
	tree, err := strictjson.ParseObject([]byte(`{
  "theme": "dark",
  "update": { "last_checked": null },
  "limit": 1.50
}
`), strictjson.Limits{})
	if err != nil {
		panic(err)
	}
	text, err := strictjson.Apply(tree, []strictjson.Edit{
		{Path: []string{"theme"}},
		{Path: []string{"update", "last_checked"}, Value: `"2026-11-22T01:33:00Z"`},
		{Path: []string{"update", "channel"}, Value: `"<beta>"`},
	})
	if err != nil {
		panic(err)
	}
	fmt.Print(string(text))
	// Output:
	// {
	//   "update": { "last_checked": "2026-11-22T01:33:00Z", "channel": "<beta>" },
	//   "limit": 1.50
	// }
}

func ExampleParseObject() {
	_, err := strictjson.ParseObject([]byte("{\n  \"token\": \"secret"), strictjson.Limits{})
	var syntax *strictjson.SyntaxError
	if errors.As(err, &syntax) && syntax.Class == strictjson.Truncated {
		fmt.Println(err)
	}
	// Output:
	// invalid JSON: truncated at line 2, column 19
}

func ExampleCanonical() {
	fmt.Println(strictjson.Canonical(`{ "b": 1.50, "a": [1e3, "\u0041\/"] }`))
	// Output:
	// {"a":[1000,"A/"],"b":1.5e+0}
}
