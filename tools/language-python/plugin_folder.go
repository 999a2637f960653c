package main

import (
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
