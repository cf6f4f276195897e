"""What the commands cost, as ratios against baselines measured in the same run."""
