namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>Python's arithmetic.</summary>
internal static class PythonOperators
{
    private const int MaxRepeatedLength = 10_000_000;

    public static object? Apply(string op, object? left, object? right)
    {
        if ((left as Undefined ?? right as Undefined) is Undefined undefined)
        {
            throw undefined.Error();
        }

        try
        {
            switch (op)
            {
                case "+" when left is string a && right is string b:
                    return a + b;
                case "+" when left is List<object?> a && right is List<object?> b:
                    return new List<object?>([.. a, .. b]);
                case "+" when left is PythonTuple a && right is PythonTuple b:
                    return new PythonTuple([.. a.Items, .. b.Items]);
                case "+" when left is string:
                    throw new TemplateException($"can only concatenate str (not \"{PythonValue.TypeName(right)}\") to str");
                case "+" when left is List<object?>:
                    throw new TemplateException($"can only concatenate list (not \"{PythonValue.TypeName(right)}\") to list");
                case "+" when left is PythonTuple:
                    throw new TemplateException($"can only concatenate tuple (not \"{PythonValue.TypeName(right)}\") to tuple");
                case "*" when left is string or List<object?> or PythonTuple && right is long or bool:
                    return Repeat(left, PythonValue.ToInteger(right));
                case "*" when right is string or List<object?> or PythonTuple && left is long or bool:
                    return Repeat(right, PythonValue.ToInteger(left));
                case "%" when left is string format:
                    return PythonFormat.Percent(format, right);
            }

            if (op == "*" && (left is string or List<object?> or PythonTuple || right is string or List<object?> or PythonTuple))
            {
                throw new TemplateException(
                    $"can't multiply sequence by non-int of type '{PythonValue.TypeName(left is string or List<object?> or PythonTuple ? right : left)}'");
            }

            if (PythonValue.Number(left) is not double x || PythonValue.Number(right) is not double y)
            {
                string name = op == "**" ? "** or pow()" : op;
                throw new TemplateException(
                    $"unsupported operand type(s) for {name}: '{PythonValue.TypeName(left)}' and '{PythonValue.TypeName(right)}'");
            }

            return left is double || right is double || op == "/"
                ? (object)Real(op, x, y, left is not double && right is not double)
                : Integer(op, PythonValue.ToInteger(left), PythonValue.ToInteger(right));
        }
        catch (OverflowException)
        {
            throw TemplateException.Unsupported("an integer beyond 64 bits");
        }
    }

    public static object? Negate(object? value) => value switch
    {
        Undefined undefined => throw undefined.Error(),
        double number => -number,
        long or bool => (object)checked(-PythonValue.ToInteger(value)),
        _ => throw new TemplateException($"bad operand type for unary -: '{PythonValue.TypeName(value)}'"),
    };

    private static double Real(string op, double x, double y, bool integers)
    {
        if (y == 0 && op is "/" or "//" or "%")
        {
            throw new TemplateException(op switch
            {
                "//" => "float floor division by zero",
                "%" => "float modulo",
                _ => integers ? "division by zero" : "float division by zero",
            });
        }

        return op switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" => x * y,
            "/" => x / y,
            "//" => FloorDivide(x, y),
            "%" => Modulo(x, y),
            _ => Math.Pow(x, y),
        };
    }

    // The remainder has the sign of the divisor, as in CPython's float_divmod.
    private static double Modulo(double x, double y)
    {
        double rest = x % y;
        return rest == 0 ? Math.CopySign(0, y) : (rest < 0) != (y < 0) ? rest + y : rest;
    }

    private static double FloorDivide(double x, double y)
    {
        double rest = x % y;
        double quotient = (x - rest) / y;
        quotient -= rest != 0 && (rest < 0) != (y < 0) ? 1 : 0;
        if (quotient == 0)
        {
            return Math.CopySign(0, x / y);
        }

        double floor = Math.Floor(quotient);
        return quotient - floor > 0.5 ? floor + 1 : floor;
    }

    private static object Integer(string op, long x, long y)
    {
        if (y == 0 && op is "//" or "%")
        {
            throw new TemplateException(op == "%" ? "integer modulo by zero" : "integer division or modulo by zero");
        }

        checked
        {
            switch (op)
            {
                case "+":
                    return x + y;
                case "-":
                    return x - y;
                case "*":
                    return x * y;
                case "//":
                    return (x / y) - (x % y != 0 && (x < 0) != (y < 0) ? 1 : 0);
                case "%":
                    long remainder = x % y;
                    return remainder != 0 && (remainder < 0) != (y < 0) ? remainder + y : remainder;
                default:
                    return y < 0 ? (object)Math.Pow(x, y) : Power(x, y);
            }
        }
    }

    private static long Power(long x, long y)
    {
        if (x is 0 or 1 or -1)
        {
            return y == 0 ? 1 : x == -1 && y % 2 == 0 ? 1 : x;
        }

        long result = 1;
        for (; y > 0; y--)
        {
            result = checked(result * x);
        }

        return result;
    }

    private static object Repeat(object? value, long count)
    {
        count = Math.Max(0, count);
        long length = checked(count * Math.Max(1, value is string text ? text.Length : PythonValue.Length(value)));
        if (length > MaxRepeatedLength)
        {
            throw new TemplateException($"a repetition of {length} elements is too long");
        }

        return value switch
        {
            string part => string.Concat(Enumerable.Repeat(part, (int)count)),
            PythonTuple tuple => new PythonTuple([.. Enumerable.Repeat(tuple.Items, (int)count).SelectMany(items => items)]),
            _ => Enumerable.Repeat((List<object?>)value!, (int)count).SelectMany(items => items).ToList(),
        };
    }
}
