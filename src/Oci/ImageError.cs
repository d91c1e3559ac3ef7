using System;

namespace SharpRun.Oci;

/// <summary>An image, its name or its source is not as it should be. The message is the whole sentence: act, object, reason; one line,
/// whatever the image says in it.</summary>
public sealed class ImageError(string message) : Exception(OneLine.Of(message));
