// pulumi-resource-docker: the provider behind the Python package pulumi_docker, put together from Go modules (Pulumi's
// Terraform bridge over the kreuzwerker Docker provider), for machines that reach a Go module proxy but not Pulumi's
// download server. Resources and names: package definition.
//
// The module's path lies below the upstream's, because Go lets only such a package import its internal/provider.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/terraform-providers/terraform-provider-docker/pulumi-resource-docker/definition"
)

// schema.json is made by `go run ./generate` right before the build and is never committed.
//
//go:embed schema.json
var schema []byte

func main() {
	tfbridge.Main("docker", definition.Version, definition.Provider(), schema)
}
