package schema_test

import (
	"fmt"
	"reflect"
	"time"

	"github.com/cfgmerge/cfgmerge/schema"
)

type Config struct {
	Theme    string            `json:"theme"`
	DeviceID string            `json:"device_id" cfgmerge:"first"`
	Checked  time.Time         `json:"checked"   cfgmerge:"max"`
	Plugins  []string          `json:"plugins"   cfgmerge:"set"`
	APIKey   string            `json:"api_key"   cfgmerge:"secret,local"`
	Tokens   map[string]Tokens `json:"tokens"`
}

type Tokens struct {
	Access  string `json:"access"  cfgmerge:"token=oauth,access"`
	Refresh string `json:"refresh" cfgmerge:"token=oauth,refresh"`
	Expires int64  `json:"expires" cfgmerge:"token=oauth,expiry"`
}

func ExampleOf() {
	shape, err := schema.Of(reflect.TypeFor[*Config]())
	if err != nil {
		fmt.Println(err)
		return
	}
	token := shape.Table()["oauth"]
	fmt.Println(token.Kind, token.Members)
	fmt.Println("spent on each refresh:", token.Refresh)
	// Output:
	// token [access expires refresh]
	// spent on each refresh: refresh
}

func ExampleTagError() {
	type Config struct {
		Token string `json:"token" cfgmerge:"secrte"`
	}
	_, err := schema.Of(reflect.TypeFor[Config]())
	fmt.Println(err)
	// Output: schema_test.Config.Token: tag "secrte": unknown word "secrte"
}

func ExampleShape_Spell() {
	shape, err := schema.Of(reflect.TypeFor[*Config]())
	if err != nil {
		fmt.Println(err)
		return
	}
	keys := func(parent []string) []string { return []string{"Theme", "device_id"} } // in the file
	fmt.Println(shape.Spell([]string{"theme"}, keys))
	// Output: [Theme]
}

func ExampleFromJSON() {
	table, err := schema.FromJSON([]byte(`{"properties": {
		"device_id": {"type": "string", "x-cfgmerge": "first"},
		"tokens": {"additionalProperties": {"properties": {
			"access":  {"x-cfgmerge": "token=oauth,access"},
			"refresh": {"x-cfgmerge": "token=oauth,refresh"}}}}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(table["/device_id"].Kind, table["oauth"].Kind, table["oauth"].Members)
	// Output: first token [access refresh]
}

func ExampleBuilder() {
	var b schema.Builder
	b.First("/device_id").Max("/checked").Secret("/api_key")
	b.Token("oauth", "/tokens/*").Access("access").Refresh("refresh").Expiry("expires")
	table, err := b.Table()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(table["/device_id"].Kind, table["oauth"].Members)
	// Output: first [access expires refresh]
}

func ExampleShape_JSONSchema() {
	type Config struct {
		DeviceID string `json:"device_id" cfgmerge:"first"`
	}
	shape, err := schema.Of(reflect.TypeFor[*Config]())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(string(shape.JSONSchema("")))
	// Output:
	// {
	//   "$schema": "https://json-schema.org/draft/2020-12/schema",
	//   "type": "object",
	//   "properties": {
	//     "device_id": {
	//       "type": "string",
	//       "x-cfgmerge": "first"
	//     }
	//   }
	// }
}
