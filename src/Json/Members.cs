using System;
using System.Collections.Generic;
using System.Text.Json;

namespace SharpRun.Json;

/// <summary>The members of an object that we do not know. They are passed on when we write the object again.</summary>
public sealed class Members : IEquatable<Members>
{
    public static Members None { get; } = new([]);

    private readonly List<(string Name, JsonElement Value)> _members;

    internal Members(List<(string Name, JsonElement Value)> members) => _members = members;

    public IReadOnlyList<string> Names => _members.ConvertAll(member => member.Name);

    public JsonElement? Find(string name)
    {
        var at = _members.FindIndex(member => member.Name == name);
        return at < 0 ? null : _members[at].Value;
    }

    public void WriteTo(Utf8JsonWriter json)
    {
        foreach (var (name, value) in _members)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }
    }

    public bool Equals(Members? other)
    {
        if (other is null || other._members.Count != _members.Count)
        {
            return false;
        }
        for (var i = 0; i < _members.Count; i++)
        {
            if (_members[i].Name != other._members[i].Name || !JsonElement.DeepEquals(_members[i].Value, other._members[i].Value))
            {
                return false;
            }
        }
        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as Members);

    public override int GetHashCode() => _members.Count;
}
