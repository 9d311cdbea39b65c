namespace Laser.Serve.Compute;

/// <summary>Work outside of a device that falls into independent items.</summary>
public interface IHostWork
{
    /// <summary>Does one item.</summary>
    /// <param name="item">Which one, from 0.</param>
    /// <param name="worker">The thread it runs on, from 0 (the caller): selects scratch memory, never a result.</param>
    void Run(int item, int worker);

    /// <summary>Does all items on the calling thread.</summary>
    void RunAlone(int itemCount)
    {
        for (int item = 0; item < itemCount; item++)
        {
            Run(item, worker: 0);
        }
    }
}
