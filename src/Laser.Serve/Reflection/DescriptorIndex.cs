using Google.Protobuf;
using Google.Protobuf.Reflection;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Laser.Serve.Reflection;

/// <summary>Finds descriptor files by what they declare.</summary>
internal sealed class DescriptorIndex
{
    private readonly SortedDictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _symbols = [];
    private readonly HashSet<string> _messages = [];
    private readonly Dictionary<string, SortedDictionary<int, FileDescriptor>> _extensions = [];

    /// <param name="services">What is served; files that theirs depend on are found as well.</param>
    public DescriptorIndex(IEnumerable<ServiceDescriptor> services)
    {
        ServiceDescriptor[] all = [.. services];
        ServiceNames = [.. all.Select(service => service.FullName).Distinct().Order(StringComparer.Ordinal)];
        foreach (ServiceDescriptor service in all)
        {
            Add(service.File);
        }
    }

    /// <summary>Full names of the services.</summary>
    public IReadOnlyList<string> ServiceNames { get; }

    /// <summary>The file of this name, or null.</summary>
    public FileDescriptor? FindFile(string name) => _files.GetValueOrDefault(name);

    /// <summary>The file that declares what has this full name, or null.</summary>
    public FileDescriptor? FindSymbol(string fullName) => _symbols.GetValueOrDefault(fullName);

    /// <summary>The file that declares an extension of a message, or null.</summary>
    public FileDescriptor? FindExtension(string message, int number) =>
        _extensions.GetValueOrDefault(message)?.GetValueOrDefault(number);

    /// <summary>Numbers of the extensions of a message, if any; null if there is no such message.</summary>
    public IReadOnlyList<int>? ExtensionNumbers(string message) =>
        _extensions.TryGetValue(message, out SortedDictionary<int, FileDescriptor>? extensions) ? [.. extensions.Keys]
        : _messages.Contains(message) ? []
        : null;

    /// <summary>A file and all that it depends on, itself first; each once.</summary>
    public static IReadOnlyList<ByteString> WithDependencies(FileDescriptor file)
    {
        List<FileDescriptor> files = [file];
        for (int i = 0; i < files.Count; i++)
        {
            files.AddRange(files[i].Dependencies.Except(files));
        }

        return [.. files.Select(f => f.SerializedData)];
    }

    private void Add(FileDescriptor file)
    {
        if (!_files.TryAdd(file.Name, file))
        {
            return;
        }

        AddExtensions(file, file.Extensions);
        foreach (ServiceDescriptor service in file.Services)
        {
            _symbols[service.FullName] = file;
            AddSymbols(file, service.Methods);
        }

        AddEnums(file, file.EnumTypes);
        AddMessages(file, file.MessageTypes);
        foreach (FileDescriptor dependency in file.Dependencies)
        {
            Add(dependency);
        }
    }

    private void AddMessages(FileDescriptor file, IEnumerable<MessageDescriptor> messages)
    {
        foreach (MessageDescriptor message in messages)
        {
            _symbols[message.FullName] = file;
            _messages.Add(message.FullName);
            AddSymbols(file, message.Fields.InDeclarationOrder());
            AddSymbols(file, message.Oneofs);
            AddExtensions(file, message.Extensions);
            AddEnums(file, message.EnumTypes);
            AddMessages(file, message.NestedTypes);
        }
    }

    private void AddEnums(FileDescriptor file, IEnumerable<EnumDescriptor> enums)
    {
        foreach (EnumDescriptor type in enums)
        {
            _symbols[type.FullName] = file;
            string scope = type.FullName[..^type.Name.Length];
            foreach (EnumValueDescriptor value in type.Values)
            {
                _symbols[scope + value.Name] = file; // in protobuf a value is a neighbour of its enum, not a part of it
            }
        }
    }

    private void AddExtensions(FileDescriptor file, ExtensionCollection extensions)
    {
        foreach (FieldDescriptor extension in extensions.UnorderedExtensions)
        {
            _symbols[extension.FullName] = file;
            string message = extension.ExtendeeType.FullName;
            if (!_extensions.TryGetValue(message, out SortedDictionary<int, FileDescriptor>? numbers))
            {
                numbers = [];
                _extensions.Add(message, numbers);
            }

            numbers[extension.FieldNumber] = file;
        }
    }

    private void AddSymbols(FileDescriptor file, IEnumerable<IDescriptor> descriptors)
    {
        foreach (IDescriptor descriptor in descriptors)
        {
            _symbols[descriptor.FullName] = file;
        }
    }
}
