// Tests share two cores and one copy of libtorch: one at a time keeps timings and memory predictable.
[assembly: DoNotParallelize]
