using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Scheduling;

/// <summary>
/// Gives sequences that run the blocks for their next tokens, where <see cref="AdmissionMode.Optimistic"/> did not
/// reserve them. Where none is left, a request gives way: the one that stands last in time and priority goes back to its
/// place in the queue, all its sequences together, and is computed again when there is room. Its full blocks stay in the
/// prefix cache for as long as nobody needs the room, so that is often little work.
/// <para>
/// The request admitted first of those that run never gives way to others. It needs no more than the whole cache, or it
/// would have been refused at the door, so it comes to its end, and then the next one is the first: everything does.
/// </para>
/// </summary>
internal sealed class Preemption(BlockManager blocks, AdmissionQueue waiting)
{
    /// <summary>Times that a request gave way.</summary>
    public long Count { get; private set; }

    /// <summary>Tokens whose keys and values were in the cache for these requests.</summary>
    public long TokenCount { get; private set; }

    /// <summary>Makes room for all that is pending of those that run; false if somebody gave way.</summary>
    /// <param name="running">In the order of admission; those that give way are taken out.</param>
    public bool MakeRoom(List<Sequence> running)
    {
        bool enough = true;
        for (int i = 0; i < running.Count; i++)
        {
            Sequence sequence = running[i];
            if (sequence.PendingTokenCount > 0 && !blocks.TryExtend(sequence.Blocks!, sequence.TokenCount))
            {
                Preempt(Last(running), running);
                enough = false;
                i = -1; // what was given to those before may be free again, and so is it
            }
        }

        return enough;
    }

    // Of those that were admitted after the first.
    private SequenceGroup Last(List<Sequence> running)
    {
        SequenceGroup first = running[0].Group;
        SequenceGroup last = first;
        foreach (Sequence sequence in running)
        {
            if (sequence.Group != first && (last == first || waiting.IsBehind(sequence.Group, last)))
            {
                last = sequence.Group;
            }
        }

        return last != first
            ? last
            : throw new InvalidOperationException("A request alone needs more blocks than there are.");
    }

    private void Preempt(SequenceGroup group, List<Sequence> running)
    {
        Count++;
        foreach (Sequence sequence in group.Sequences)
        {
            // All but the first of those that wait for the prompt have computed nothing of their own.
            bool computed = sequence.Status == SequenceStatus.Running && !sequence.AwaitsPrompt;
            TokenCount += computed ? sequence.ComputedTokenCount : 0;
        }

        running.RemoveAll(sequence => sequence.Group == group);
        group.Preempt();
        waiting.Add(group);
    }
}
