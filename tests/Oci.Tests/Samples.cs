using System.Text;

namespace SharpRun.Oci.Tests;

/// <summary>Documents as registries have them, and the ways to break them.</summary>
static class Samples
{
    public const string Sha = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    public const string Other = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    public const string Manifest = $$$"""
        {"schemaVersion":2,"mediaType":"{{{MediaTypes.Manifest}}}",
        "config":{"mediaType":"{{{MediaTypes.Config}}}","digest":"{{{Sha}}}","size":10},
        "layers":[{"mediaType":"{{{MediaTypes.LayerGzip}}}","digest":"{{{Other}}}","size":20,"annotations":{"a":"b"},"x-layer":[1,2]}],
        "annotations":{"z":"1","a":"2"},"x-top":{"deep":[null]}}
        """;

    public const string Index = $$$"""
        {"schemaVersion":2,"mediaType":"{{{MediaTypes.Index}}}","manifests":[
        {"mediaType":"{{{MediaTypes.Manifest}}}","digest":"{{{Sha}}}","size":1,"platform":{"os":"linux","architecture":"amd64","os.version":"1","os.features":["f"]}},
        {"mediaType":"{{{MediaTypes.Index}}}","digest":"{{{Other}}}","size":2}]}
        """;

    public const string Config = $$$"""
        {"created":"2020-01-02T03:04:05.678901234Z","author":"me","architecture":"arm64","os":"linux","variant":"v8","os.version":"5",
        "config":{"User":"www:web","ExposedPorts":{"80/tcp":{},"53/udp":{}},"Env":["A=b","C=d=e"],"Entrypoint":["/e"],"Cmd":["c",""],
        "Volumes":{"/data":{}},"WorkingDir":"/w","Labels":{"l":"m","k":""},"StopSignal":"SIGQUIT","Healthcheck":{"Test":["CMD","x"],"Interval":5},
        "Shell":["/bin/bash","-c"],"OnBuild":["RUN x"],"ArgsEscaped":true},
        "rootfs":{"type":"layers","diff_ids":["{{{Sha}}}","{{{Other}}}"]},
        "history":[{"created":"2020-01-01T00:00:00Z","created_by":"ADD","comment":"c","author":"a"},{"created_by":"CMD","empty_layer":true,"x":1}],
        "docker_version":"20","container_config":{"Hostname":"h"}}
        """;

    public static Document ManifestDocument(string json = Manifest, string mediaType = MediaTypes.Manifest) => new(Encoding.UTF8.GetBytes(json), mediaType);

    public static Document IndexDocument(string json = Index, string mediaType = MediaTypes.Index) => new(Encoding.UTF8.GetBytes(json), mediaType);

    public static ImageConfig ParseConfig(string json = Config) => ImageConfig.Parse(Encoding.UTF8.GetBytes(json), Digest.Parse(Sha, "test"));
}
