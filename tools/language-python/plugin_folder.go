package main

import (
	"os"
	"path/filepath"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/encoding/protowire"
)

// pluginFolder gives the folder of the plugin to run. Newer CLIs say it in a field that this host's messages do not have
// yet: RunPluginRequest.info, and in it ProgramInfo.program_directory (sdk/v3/proto/go/language.pb.go).
func pluginFolder(req *pulumirpc.RunPluginRequest) string {
	if req.Program != "" {
		return req.Program
	}
	return string(field(field(req.ProtoReflect().GetUnknown(), 5), 2))
}

// isPlugin tells whether a folder is a plugin's. What a plugin needs is asked for once it runs; the packages that would
// tell it beforehand are those of the caller's environment.
func isPlugin(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "PulumiPlugin.yaml"))
	return err == nil
}

func field(message []byte, wanted protowire.Number) []byte {
	for len(message) > 0 {
		number, kind, length := protowire.ConsumeTag(message)
		if length < 0 {
			return nil
		}
		message = message[length:]
		if number == wanted && kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(message)
			return value
		}
		length = protowire.ConsumeFieldValue(number, kind, message)
		if length < 0 {
			return nil
		}
		message = message[length:]
	}
	return nil
}
