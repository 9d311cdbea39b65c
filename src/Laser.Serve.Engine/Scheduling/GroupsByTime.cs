using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Scheduling;

/// <summary>Groups in the order of a timestamp that goes with each, equal ones as they were added, or by number.</summary>
internal sealed class GroupsByTime
{
    private readonly SortedSet<Place> _places = [];
    private readonly Dictionary<SequenceGroup, Place> _placeOf = [];
    private long _lastNumber;

    public int Count => _places.Count;

    /// <summary>The one with the earliest time; null if there is none.</summary>
    public SequenceGroup? First => _places.Count == 0 ? null : _places.Min.Group;

    /// <summary>Its time; <see cref="Count"/> must not be zero.</summary>
    public long FirstTime => _places.Min.Time;

    public IEnumerable<SequenceGroup> All => _places.Select(static place => place.Group);

    /// <summary>Adds a group that is not there.</summary>
    /// <param name="group">The group.</param>
    /// <param name="time">Its time.</param>
    /// <param name="number">Its own number, where all have one.</param>
    public void Add(SequenceGroup group, long time, long? number = null)
    {
        var place = new Place(time, number ?? ++_lastNumber, group);
        _places.Add(place);
        _placeOf.Add(group, place);
    }

    /// <summary>Takes a group out; false if it is not there.</summary>
    public bool Remove(SequenceGroup group) => _placeOf.Remove(group, out Place place) && _places.Remove(place);

    private readonly record struct Place(long Time, long Number, SequenceGroup Group) : IComparable<Place>
    {
        public int CompareTo(Place other) => (Time, Number).CompareTo((other.Time, other.Number));
    }
}
