"""From images to annotations: cord, vertebral levels, lesions, and the reader's findings."""
