using SharpRun.Json;

namespace SharpRun.Oci;

/// <summary>An image, its name or its source is not as it should be.</summary>
public sealed class ImageError(string message) : JsonError(message);
