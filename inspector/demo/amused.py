"""aMUSEd: a transformer that fills in masked image tokens, and the VQ model that draws them."""

from __future__ import annotations

from pathlib import Path

from . import configs, parts

CODEBOOK = 31


def amused(folder: Path) -> None:
    pipeline = parts.cls("AmusedPipeline")
    tokenizer = parts.clip_tokenizer()
    vocabulary = CODEBOOK + 1  # the last token is the mask
    parts_ = {
        "vqvae": parts.movq(
            block_out_channels=(8, 8, 8, 8, 8),
            down_block_types=("DownEncoderBlock2D",) * 5,
            up_block_types=("UpDecoderBlock2D",) * 5,
            latent_channels=8,
            vq_embed_dim=8,
            num_vq_embeddings=CODEBOOK,
            norm_num_groups=8,
            norm_type="group",
            mid_block_add_attention=False,
            lookup_from_codebook=True,
            force_upcast=True,
        ),
        "tokenizer": tokenizer,
        "text_encoder": parts.clip_text(tokenizer, "CLIPTextModelWithProjection"),
        "transformer": parts.seeded(
            parts.cls("UVit2DModel"),
            hidden_size=16,
            cond_embed_dim=parts.WIDTH,
            micro_cond_encode_dim=4,
            micro_cond_embed_dim=5 * 4,  # sizes, crops and the aesthetic score: five numbers
            encoder_hidden_size=parts.WIDTH,
            vocab_size=vocabulary,
            codebook_size=CODEBOOK,
            in_channels=16,
            block_out_channels=16,
            num_res_blocks=1,
            block_num_heads=2,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            sample_size=16,
        ),
        "scheduler": parts.scheduler(configs.AMUSED | {"mask_token_id": vocabulary - 1}),
    }
    pipeline(**parts_).save_pretrained(folder)
