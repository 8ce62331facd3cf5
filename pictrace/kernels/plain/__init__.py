"""The kernels in numpy and OpenCV: readable, correct, and there from the first moment."""
