using System;
using System.Text.Json;

namespace SharpRun.Planning;

public ref partial struct SpecReader
{
    /// <summary>The last branch of an object: one of its properties that we do not do yet, or an unknown one, which is ignored.</summary>
    private void Other(NotYetProperty[] properties, ref ulong seen)
    {
        foreach (var property in properties)
        {
            if (Key(property.Name, ref seen))
            {
                Refuse(property);
                return;
            }
        }
        _reader.Skip();
    }

    private void Refuse(NotYetProperty property)
    {
        if (_reader.TokenType == JsonTokenType.Null || property.Asks == Asks.Never)
        {
            _reader.Skip();
            return;
        }
        if (!AsksForSomething(property.Asks))
        {
            return;
        }
        if (property.Asks == Asks.Warning)
        {
            _warn?.Invoke($"{PathText()} is ignored: the kernel has no such limit any more");
            return;
        }
        throw NotYet.Error(PathText(), "", property.Words);
    }

    // Stands on the last token of the value afterwards, when it asks for nothing.
    private bool AsksForSomething(Asks asks)
    {
        switch (asks)
        {
            case Asks.Text:
                return RequiredText().Length > 0;
            case Asks.List:
                return BeginArray() && NextElement() && EndPath();
            case Asks.Members:
                return BeginObject() && IsNotEmptyObject();
            case Asks.Object:
                return BeginObject() && EndPath();
            default:
                return _reader.TokenType == JsonTokenType.Number ? !IsZero() : throw WrongType("a number");
        }
    }

    private bool IsNotEmptyObject() => NextKey() && EndPath();

    // The error names the property, not its first member.
    private bool EndPath()
    {
        _depth--;
        return true;
    }

    private readonly bool IsZero() => _reader.TryGetInt64(out var value) && value == 0;
}
