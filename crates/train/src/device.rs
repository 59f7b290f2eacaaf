//! Where tensors live: on the CPU, on a GPU through wgpu (Vulkan, Metal, DirectX 12), or on a software Vulkan device.
//!
//! The choice is made at run time; the training loop is the same for all of them.

use burn::tensor::{Device, FloatDType, Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// The device requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// A GPU if there is one, otherwise the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A GPU; an error if there is none.
    Gpu,
    /// A GPU interface emulated on the CPU (Mesa's lavapipe): slow; for testing the GPU path without a GPU.
    Software,
}

/// Why a device can't be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// No GPU was found.
    #[error("no GPU found ({problem}); use --backend cpu, or --backend auto to fall back to it")]
    NoGpu {
        /// What was tried.
        problem: String,
    },
    /// No software device was found.
    #[error("no software Vulkan device found ({problem}); on Debian: apt-get install mesa-vulkan-drivers libvulkan1")]
    NoSoftware {
        /// What was tried.
        problem: String,
    },
}

/// What kind of device it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cpu,
    #[cfg(feature = "gpu")]
    Wgpu,
}

/// A device that was opened.
#[derive(Debug, Clone)]
pub struct Hardware {
    device: Device,
    kind: Kind,
    name: String,
    fell_back: Option<String>,
}

impl Hardware {
    /// The CPU.
    pub fn cpu() -> Self {
        let name = format!("CPU, {} threads", rayon::current_num_threads());
        Self { device: Device::flex(), kind: Kind::Cpu, name, fell_back: None }
    }

    /// Opens the requested device.
    ///
    /// # Errors
    /// [`DeviceError`] if there is no such device; never with [`Backend::Auto`].
    pub fn open(backend: Backend) -> Result<Self, DeviceError> {
        match backend {
            Backend::Cpu => Ok(Self::cpu()),
            Backend::Gpu => Self::gpu().map_err(|problem| DeviceError::NoGpu { problem }),
            Backend::Software => Self::software().map_err(|problem| DeviceError::NoSoftware { problem }),
            Backend::Auto => Ok(Self::gpu().unwrap_or_else(|problem| Self { fell_back: Some(problem), ..Self::cpu() })),
        }
    }

    /// Its name, for display.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What numbers depend on: results from one identity are not continued on another.
    pub fn identity(&self) -> &str {
        if self.is_host() { "CPU" } else { &self.name }
    }

    /// Why it is not a GPU, if one was looked for.
    pub fn fell_back(&self) -> Option<&str> {
        self.fell_back.as_deref()
    }

    /// Whether tensors are in this process's memory, so that reading them costs nothing.
    pub fn is_host(&self) -> bool {
        self.kind == Kind::Cpu
    }

    /// Whether 16-bit products are worthwhile.
    pub fn has_half(&self) -> bool {
        !self.is_host() && self.device.supports_dtype(FloatDType::F16)
    }

    /// Numbers, rows × columns, as a tensor without gradient.
    pub fn matrix(&self, values: Vec<f32>, columns: usize) -> Tensor<2> {
        let rows = values.len() / columns.max(1);
        Tensor::from_data(TensorData::new(values, [rows, columns]), &self.device)
    }

    /// Numbers as a tensor without gradient.
    pub fn vector(&self, values: Vec<f32>) -> Tensor<1> {
        let length = values.len();
        Tensor::from_data(TensorData::new(values, [length]), &self.device)
    }

    #[cfg(feature = "gpu")]
    fn gpu() -> Result<Self, String> {
        use burn::tensor::DeviceKind::{DiscreteGpu, IntegratedGpu, VirtualGpu};
        let mut problems = Vec::new();
        for (kind, name) in [(DiscreteGpu(0), "discrete"), (IntegratedGpu(0), "integrated"), (VirtualGpu(0), "virtual")]
        {
            match Self::wgpu(kind) {
                Ok(hardware) => return Ok(hardware),
                Err(problem) => problems.push(format!("{name}: {problem}")),
            }
        }
        Err(problems.join("; "))
    }

    #[cfg(feature = "gpu")]
    fn software() -> Result<Self, String> {
        Self::wgpu(burn::tensor::DeviceKind::Cpu)
    }

    #[cfg(feature = "gpu")]
    fn wgpu(kind: burn::tensor::DeviceKind) -> Result<Self, String> {
        // Not every adapter provides a description.
        let one_line = |text: String| {
            let said = text.split_once(", adapters [").map_or(text.as_str(), |(said, _)| said);
            said.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let device = match Device::wgpu_options().device_kind(kind.clone()).init() {
            Ok(device) => device,
            // A device is configured once per process; later callers share it.
            Err(error) if error.to_string().contains("already") => Device::wgpu(kind),
            Err(error) => return Err(one_line(error.to_string())),
        };
        let name = device.identity().map_or_else(|| "unnamed adapter".to_owned(), |identity| identity.name);
        Ok(Self { device, kind: Kind::Wgpu, name: one_line(name), fell_back: None })
    }

    #[cfg(not(feature = "gpu"))]
    fn gpu() -> Result<Self, String> {
        Err("this program was built without the feature `gpu`".into())
    }

    #[cfg(not(feature = "gpu"))]
    fn software() -> Result<Self, String> {
        Self::gpu()
    }
}
