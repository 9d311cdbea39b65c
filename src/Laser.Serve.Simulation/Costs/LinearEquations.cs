namespace Laser.Serve.Simulation.Costs;

/// <summary>A handful of linear equations.</summary>
internal static class LinearEquations
{
    // Of matrices whose diagonal is one. Less than that is what rounding left of nothing.
    private const double SmallestPivot = 1e-10;

    /// <summary>Gauss and Jordan's elimination. What the others say already gets zero.</summary>
    /// <param name="equations">
    /// A symmetric matrix with ones on its diagonal, and the right side as last column; overwritten.
    /// </param>
    public static double[] Solve(double[,] equations)
    {
        int n = equations.GetLength(0);
        bool[] solved = new bool[n];
        for (int step = 0; step < n; step++)
        {
            int pivot = -1;
            for (int i = 0; i < n; i++)
            {
                bool better = pivot < 0 || equations[i, i] > equations[pivot, pivot];
                pivot = !solved[i] && better ? i : pivot;
            }

            if (equations[pivot, pivot] < SmallestPivot)
            {
                break;
            }

            solved[pivot] = true;
            Eliminate(equations, pivot);
        }

        return [.. Enumerable.Range(0, n).Select(i => solved[i] ? equations[i, n] / equations[i, i] : 0)];
    }

    private static void Eliminate(double[,] equations, int pivot)
    {
        int n = equations.GetLength(0);
        for (int i = 0; i < n; i++)
        {
            double factor = equations[i, pivot] / equations[pivot, pivot];
            for (int j = 0; i != pivot && j <= n; j++)
            {
                equations[i, j] -= factor * equations[pivot, j];
            }
        }
    }
}
