"""A small decoder of TensorBoard's event files, written from the formats' specifications and apart from the encoder in
framework/export: TFRecord frames with their checksums, protobuf's wire format, and the fields that we use."""

import struct


def crc32c(data):
    """Bit by bit, as RFC 3720 describes it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    """The payloads. Raises AssertionError for a checksum that is wrong or a record that is cut off."""
    at = 0
    while at < len(data):
        head, (length, crc) = data[at : at + 8], struct.unpack_from("<QI", data, at)
        assert crc == masked(head), "checksum of a length"
        payload = data[at + 12 : at + 12 + length]
        assert len(payload) == length, "a record that is cut off"
        assert struct.unpack_from("<I", data, at + 12 + length)[0] == masked(payload), "checksum of a record"
        yield payload
        at += 16 + length


def fields(message):
    """{number: [values]}: ints, floats, or bytes, by wire type."""
    found, at = {}, 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    while at < len(message):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            value = varint()
        elif kind in (1, 5):
            form, size = ("<d", 8) if kind == 1 else ("<f", 4)
            (value,) = struct.unpack_from(form, message, at)
            at += size
        else:
            assert kind == 2, f"wire type {kind}"
            length = varint()
            value = message[at : at + length]
            at += length
        found.setdefault(number, []).append(value)
    return found


def events(path):
    """Dicts with wall_time, step; and version, or tag with one of scalar, texts, image (width, height, bytes), hparams."""
    for payload in records(path.read_bytes()):
        event = fields(payload)
        told = {"wall_time": event[1][0], "step": event.get(2, [0])[0]}
        if 3 in event:
            yield {**told, "version": event[3][0].decode()}
            continue
        (value,) = fields(event[5][0])[1]
        value = fields(value)
        told["tag"] = value[1][0].decode()
        plugin = fields(fields(value[9][0])[1][0]) if 9 in value else {}
        if 2 in value:
            told["scalar"] = value[2][0]
        elif 4 in value:
            image = fields(value[4][0])
            told["image"] = (image[2][0], image[1][0], image[4][0])
        elif plugin[1] == [b"text"]:
            tensor = fields(value[8][0])
            assert tensor[1] == [7], "not DT_STRING"
            told["texts"] = [text.decode() for text in tensor[8]]
            assert fields(fields(tensor[2][0])[2][0])[1] == [len(told["texts"])], "the shape is another"
        else:
            assert plugin[1] == [b"hparams"]
            told["hparams"] = fields(plugin[2][0])
        yield told


def settings(hparams):
    """{name: value}, group and start time of an event of settings."""
    start = fields(hparams[3][0])
    named = {}
    for entry in map(fields, start[1]):
        value = fields(entry[2][0])
        named[entry[1][0].decode()] = (
            value[2][0] if 2 in value else bool(value[4][0]) if 4 in value else value[3][0].decode()
        )
    return named, start[4][0].decode(), start[5][0]
