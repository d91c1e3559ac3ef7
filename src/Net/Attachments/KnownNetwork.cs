using System;
using SharpRun.Cni;

namespace SharpRun.Net.Attachments;

/// <summary>A network that people can name. Document is the text that describes it, Source where that stands; null: built in.</summary>
sealed record KnownNetwork(NetworkList List, byte[] Document, string? Source)
{
    public const string BuiltInName = "sharprun", BuiltInBridge = "sharprun0";

    /// <summary>Where the world and the others are, without a word of configuration.</summary>
    private const string BuiltInText = """
        {"cniVersion":"1.1.0","name":"sharprun","plugins":[
          {"type":"bridge","bridge":"sharprun0","isGateway":true,"ipMasq":true,"hairpinMode":true,"capabilities":{"mac":true,"ips":true},
           "ipam":{"type":"host-local","ranges":[[{"subnet":"10.83.0.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}},
          {"type":"portmap","snat":true,"capabilities":{"portMappings":true}}]}
        """;

    public static Cidr BuiltInSubnet { get; } = Cidr.TryParse("10.83.0.0/24", out var subnet) ? subnet : throw new InvalidOperationException();

    public static KnownNetwork BuiltIn { get; } = Read(System.Text.Encoding.UTF8.GetBytes(BuiltInText), null);

    public string Name => List.Name;

    public bool IsBuiltIn => Source is null;

    public static KnownNetwork Read(byte[] document, string? source) => new(NetworkList.Read(document, source ?? "the built-in network"), document, source);
}
