"""Read and write safetensors files as numpy arrays, and tandem's int8 weights in them.

An int8 weight is a tensor of dtype I8 with a companion `<name>_scale`, F32, one number per row:
weight[r, c] = int8[r, c] * scale[r].
"""

import json
import struct

import numpy as np

DTYPES = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I64": np.dtype("<i8"),
    "I8": np.dtype("i1"),
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
SCALE = "_scale"


def read(path):
    """Tensors by name."""
    data = path.read_bytes()
    (n_header,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + n_header])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + n_header + offset for offset in entry["data_offsets"])
        flat = np.frombuffer(data[begin:end], DTYPES[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def pack(tensors, metadata):
    """The bytes of a file: wide dtypes first, then by name, so that every tensor is aligned."""
    header, blobs, offset = {"__metadata__": metadata}, [], 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (-item[1].itemsize, item[0])):
        end = offset + tensor.nbytes
        header[name] = {
            "dtype": NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, end],
        }
        blobs.append(tensor.tobytes())
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *blobs])


def dequantised(tensors):
    """The same weights in floating point, under their own names, without the scales."""
    return {
        name: tensor * tensors[name + SCALE][:, None] if tensor.dtype == np.int8 else tensor
        for name, tensor in tensors.items()
        if not name.endswith(SCALE)
    }
