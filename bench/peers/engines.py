"""load(peer, model, precision, threads) -> (name with version, run(list of id lists) -> vectors)"""

import os

import numpy as np

from shapes import ART, pad, subset


def load_torch(model, precision, threads):
    import torch
    import torch_models

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    network = torch_models.build(model)
    if precision == "bf16":
        network = network.to(torch.bfloat16)

    def run(batch):
        ids, mask = pad(batch)
        with torch.no_grad():
            return network(torch.from_numpy(ids), torch.from_numpy(mask)).float().numpy()

    return "torch " + torch.__version__.split("+")[0], run


def load_onnxruntime(model, precision, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # A session that is not asked shall not spin beside the one that is measured.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    file = ART / (model + (".int8.onnx" if precision == "int8" else ".onnx"))
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    wanted = {i.name for i in session.get_inputs()}

    def run(batch):
        ids, mask = pad(batch)
        positions = np.broadcast_to(np.arange(ids.shape[1]), ids.shape).copy()
        given = dict(input_ids=ids, attention_mask=mask.astype(np.int32), position_ids=positions)
        return session.run(None, {n: v for n, v in given.items() if n in wanted})[0][:, 0]

    return "onnxruntime " + onnxruntime.__version__, run


def openvino_model(model, int8):
    """Converted from torch, for its fused attention; int8 by post-training quantisation. Kept."""
    import openvino

    folder = ART / "openvino"
    folder.mkdir(parents=True, exist_ok=True)
    exact = folder / (model + ".xml")
    file = folder / (model + ".int8.xml") if int8 else exact
    if not exact.exists():
        import torch
        import torch_models

        torch.set_grad_enabled(False)
        one = torch.ones(2, 17, dtype=torch.long)
        inputs = [(n, [-1, -1], openvino.Type.i64) for n in ("input_ids", "attention_mask")]
        converted = openvino.convert_model(
            torch_models.build(model).float(),
            example_input=dict(input_ids=one, attention_mask=one),
            input=inputs,
        )
        openvino.save_model(converted, exact, compress_to_fp16=False)
    if not file.exists():
        import nncf

        sequences = subset(8)[1]
        transform = lambda s: dict(zip(("input_ids", "attention_mask"), pad([s[:64]])))
        quantized = nncf.quantize(
            openvino.Core().read_model(exact),
            nncf.Dataset(sequences, transform),
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=8,
        )
        openvino.save_model(quantized, file)
    return file


def load_openvino(model, precision, threads):
    """int8 keeps what is not quantised in f32; int8-bf16 has it in bf16, which AMX likes."""
    import openvino

    compiled = openvino.Core().compile_model(
        openvino_model(model, precision.startswith("int8")),
        "CPU",
        {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            "ENABLE_CPU_PINNING": False,
            "INFERENCE_PRECISION_HINT": "f32" if precision in ("f32", "int8") else "bf16",
        },
    )
    request = compiled.create_infer_request()

    def run(batch):
        ids, mask = pad(batch)
        request.infer(dict(input_ids=ids, attention_mask=mask))
        return request.get_output_tensor(0).data.copy()

    return "openvino " + openvino.__version__.split("-")[0], run


LOADERS = {"torch": load_torch, "ort": load_onnxruntime, "ov": load_openvino}


def load(peer, model, precision, threads):
    os.environ["OMP_NUM_THREADS"] = str(threads)
    return LOADERS[peer](model, precision, threads)
