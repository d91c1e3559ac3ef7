using System;

namespace SharpRun.Json;

/// <summary>A document is not as it should be, or what it describes is not. The message is the whole sentence: act, object, reason; one line, whatever the document says in it.</summary>
public class JsonError(string message) : Exception(OneLine.Of(message));
