using System.Collections.Generic;
using System.Text.Json;
using SharpRun.Json;

namespace SharpRun.Oci;

/// <summary>Descriptors as members of documents.</summary>
static class DescriptorText
{
    /// <summary>Null when it is absent.</summary>
    public static Descriptor? Descriptor(this Fields fields, string name) => fields.Find(name) is { } part ? Oci.Descriptor.Parse(part) : null;

    public static void WriteOptional(this Utf8JsonWriter json, string name, Descriptor? descriptor)
    {
        if (descriptor is not null)
        {
            json.WritePropertyName(name);
            descriptor.WriteTo(json);
        }
    }

    public static void WriteDescriptors(this Utf8JsonWriter json, string name, IReadOnlyList<Descriptor> descriptors)
    {
        json.WriteStartArray(name);
        foreach (var descriptor in descriptors)
        {
            descriptor.WriteTo(json);
        }
        json.WriteEndArray();
    }
}
