// generate prints the provider's Pulumi schema as JSON. It is run once while building: made at each start of the
// provider, the schema would cost 0.16 s and a warning every time.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/terraform-providers/terraform-provider-docker/pulumi-resource-docker/definition"
)

func main() {
	sink := diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never})
	spec, err := tfgen.GenerateSchema(definition.Provider(), sink)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(spec)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "the provider's schema cannot be made:", err)
		os.Exit(1)
	}
}
