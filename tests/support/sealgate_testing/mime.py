# SPDX-License-Identifier: Apache-2.0
"""Just enough MIME to take an S/MIME message apart without changing a byte of it."""
import base64
import email
import email.policy
import re


def split_entity(raw):
    """(MIME fields as email.message.Message, exact body bytes). Other fields do not count: Python
    ends a header where an odd one stands, such as one with a space before the colon, which
    RFC 5322, 4.5 lets us read."""
    if raw.startswith(b"\r\n"):
        return email.message_from_bytes(b"", policy=email.policy.compat32), raw[2:]
    found = re.search(rb"\r\n\r\n", raw)
    head, body = (raw, b"") if not found else (raw[: found.start() + 2], raw[found.end():])
    fields = re.findall(rb"(?im)^((?:content-[a-z-]+|mime-version)[ \t]*:(?:[^\n]*\n(?:[ \t]))*[^\n]*\n)",
                        head)
    fields = b"".join(re.sub(rb"^([^:]*?)[ \t]*:", rb"\1:", field) for field in fields)
    return email.message_from_bytes(fields + b"\r\n", policy=email.policy.compat32), body


def split_parts(body, boundary):
    """The exact parts of a multipart body (RFC 2046, 5.1.1)."""
    delimiter = b"--" + boundary.encode()
    parts, current = [], None
    for line in re.findall(rb"[^\n]*\n|[^\n]+", body):
        text = line.rstrip(b"\r\n \t")
        if text in (delimiter, delimiter + b"--"):
            if current is not None:
                whole = b"".join(current)
                parts.append(whole[:-2] if whole.endswith(b"\r\n") else whole)
            current = []
            if text.endswith(b"--") and text != delimiter:
                return parts
        elif current is not None:
            current.append(line)
    return parts


def transfer_decoded(header, body):
    encoding = (header.get("Content-Transfer-Encoding") or "7bit").strip().lower()
    return base64.b64decode(body) if encoding == "base64" else body


def smime_kind(raw):
    """clear, signed-data, enveloped-data, authEnveloped-data, or None."""
    header, _ = split_entity(raw)
    media_type = header.get_content_type()
    if media_type == "multipart/signed":
        return "clear"
    if media_type in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        return header.get_param("smime-type")
    return None
