// Package definition says how the Docker provider's resources are named in Pulumi: the part that the generator of the
// schema and the provider itself share.
//
// Schema and naming agree with the Python package pulumi_docker 5.2.0 for every resource but docker.Image (building
// images), which the official provider implements by itself and this one lacks.
package definition

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// Version is that of pulumi_docker, which this provider stands under.
const Version = "5.2.0"

type fields = map[string]*tfbridge.SchemaInfo

func resource(module, name string, fields fields) *tfbridge.ResourceInfo {
	return &tfbridge.ResourceInfo{Tok: tokens.Type("docker:index/" + module + ":" + name), Fields: fields}
}

func dataSource(name string) *tfbridge.DataSourceInfo {
	return &tfbridge.DataSourceInfo{Tok: tokens.ModuleMember("docker:index/" + name + ":" + name)}
}

// Provider maps the Terraform provider's names to Pulumi's.
func Provider() tfbridge.ProviderInfo {
	container := resource("container", "Container", fields{
		"command":           {Name: "command"},          // not pluralised in pulumi_docker
		"networks_advanced": {Name: "networksAdvanced"}, // likewise
	})
	container.DeleteBeforeReplace = true // as the official provider does: old container away, then the new one made
	info := tfbridge.ProviderInfo{
		P: shimv2.NewProvider(provider.New(Version)()), Name: "docker", Version: Version,
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		Config: fields{
			"host": {Default: &tfbridge.DefaultInfo{
				Value: "unix:///var/run/docker.sock", EnvVars: []string{"DOCKER_HOST"},
			}},
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_container":      container,
			"docker_image":          resource("remoteImage", "RemoteImage", fields{"name": {Name: "name"}}), // never a made-up name
			"docker_registry_image": resource("registryImage", "RegistryImage", nil),
			"docker_network":        resource("network", "Network", nil),
			"docker_volume":         resource("volume", "Volume", nil),
			"docker_config":         resource("serviceConfig", "ServiceConfig", nil),
			"docker_secret":         resource("secret", "Secret", nil),
			"docker_service":        resource("service", "Service", nil),
			"docker_plugin":         resource("plugin", "Plugin", nil),
			"docker_tag":            resource("tag", "Tag", nil),
			"docker_buildx_builder": resource("buildxBuilder", "BuildxBuilder", nil),
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_image":          dataSource("getRemoteImage"),
			"docker_network":        dataSource("getNetwork"),
			"docker_plugin":         dataSource("getPlugin"),
			"docker_logs":           dataSource("getLogs"),
			"docker_registry_image": dataSource("getRegistryImage"),
		},
		IgnoreMappings: []string{
			"docker_compose", "docker_containers", "docker_registry_image_manifests", "docker_registry_image_tags",
		},
	}
	info.SetAutonaming(255, "-") // a resource without a name gets its Pulumi name and a random suffix
	return info
}
