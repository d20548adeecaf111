#!/usr/bin/env python3
"""Checks every #include against tools/layers.toml."""
import pathlib, re, sys, tomllib

root = pathlib.Path(__file__).resolve().parent.parent
rules = tomllib.loads((root / "tools/layers.toml").read_text())
layers, only_in = rules["may_include"], rules["only_in"]

def layer_of(path):
    """The longest listed folder that holds `path`."""
    return max((l for l in layers if path.startswith(l + "/")), key=len, default=None)

errors = []
for file in sorted(root.rglob("*.[hc]*")):
    path = file.relative_to(root).as_posix()
    source = layer_of(path)
    if source is None or file.suffix not in (".h", ".cpp"):
        continue
    for number, line in enumerate(file.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
        if not found:
            continue
        header = found[2]
        if found[1] == '"':
            target = layer_of(header)
            allowed = layers[source]
            if target is None:
                errors.append(f"{path}:{number}: {header}: write the path from the repository root")
            elif target != source and target not in allowed and "*" not in allowed:
                errors.append(f"{path}:{number}: {source} may not include {target}")
        else:
            for prefix, folders in only_in.items():
                if header.startswith(prefix) and not any(path.startswith(f + "/") for f in folders):
                    errors.append(f"{path}:{number}: <{header}> belongs in {' or '.join(folders)}")
for error in errors:
    print(error)
sys.exit(1 if errors else 0)
